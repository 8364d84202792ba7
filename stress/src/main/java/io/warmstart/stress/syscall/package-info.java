/** How many system calls an operation makes, counted by {@code strace}. */
@NullMarked
package io.warmstart.stress.syscall;

import org.jspecify.annotations.NullMarked;
