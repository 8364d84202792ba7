/**
 * Who is alive, and who holds what: the lock file, whose bytes the kernel guards, the process
 * table, the lock stripes of the keys, the counters.
 */
@NullMarked
package io.warmstart.process;

import org.jspecify.annotations.NullMarked;
