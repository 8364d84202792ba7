@NullMarked
package io.warmstart.stress.syscall;

import org.jspecify.annotations.NullMarked;
