/**
 * What the processes on one root share in memory: the process table whose rows the kernel guards,
 * the lock stripes of the keys, the byte total and the counters; and the narrow interface through
 * which the flows ask who wins for a key.
 */
@NullMarked
package io.warmstart.index;

import org.jspecify.annotations.NullMarked;
