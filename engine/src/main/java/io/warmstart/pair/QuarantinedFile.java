package io.warmstart.pair;

import java.nio.file.Path;

/** A file in quarantine. */
public record QuarantinedFile(Path path, long bytes, long mtimeNanos) {}
