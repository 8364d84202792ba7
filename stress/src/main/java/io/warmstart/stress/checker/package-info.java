/** The oracle: whether some order of the concurrent operations explains every answer. */
@NullMarked
package io.warmstart.stress.checker;

import org.jspecify.annotations.NullMarked;
