package io.warmstart.save;

import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;

/**
 * What is to be saved.
 *
 * @param mayReplace whether the run may have a version already
 */
public record Save(
    Fingerprint key,
    String runId,
    Payload source,
    EntryAttributes attributes,
    Durability durability,
    boolean mayReplace) {}
