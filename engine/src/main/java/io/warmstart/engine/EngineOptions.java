package io.warmstart.engine;

import io.warmstart.io.FileOps;
import java.nio.file.Path;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What tells one engine from another.
 *
 * @param readOnly whether it is for lookups only
 * @param localDirectory where processes of this machine share locks and index; null for the root
 * @param clock that stamps and expiry go by
 * @param fileOps through which files are changed
 */
public record EngineOptions(
    boolean readOnly, @Nullable Path localDirectory, EpochNanoClock clock, FileOps fileOps) {}
