/** System calls made to fail, to be left out, or to be the last thing that a process does. */
@NullMarked
package io.warmstart.stress.fault;

import org.jspecify.annotations.NullMarked;
