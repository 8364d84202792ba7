/** A store that knows no lock of ours: a peer that behaves as the original does. */
@NullMarked
package io.warmstart.stress.foreign;

import org.jspecify.annotations.NullMarked;
