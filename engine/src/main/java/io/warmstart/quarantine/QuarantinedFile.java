package io.warmstart.quarantine;

import java.nio.file.Path;

/** A file in quarantine. */
public record QuarantinedFile(Path path, long bytes) {}
