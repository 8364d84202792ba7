/** Jobs that put the store under load: many processes on one root. */
@NullMarked
package io.warmstart.stress;

import org.jspecify.annotations.NullMarked;
