/**
 * What processes share about entries: who wins for a key, what a sweep must know of each entry, how
 * many bytes the root has. A hint that the files correct.
 */
@NullMarked
package io.warmstart.index;

import org.jspecify.annotations.NullMarked;
