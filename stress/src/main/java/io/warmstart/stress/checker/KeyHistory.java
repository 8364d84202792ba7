package io.warmstart.stress.checker;

import io.warmstart.stress.history.Operation;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was done to one key.
 *
 * @param key its number
 * @param operations saves, overwrites and lookups, in any order
 * @param end the versions found under the key after all processes had ended; null if nobody looked
 * @param endLooked when they were looked for
 */
public record KeyHistory(
    int key, List<Operation> operations, @Nullable Set<Long> end, long endLooked) {}
