/** Programs that take no lock of ours: whether they are near, and how long to wait for them. */
@NullMarked
package io.warmstart.foreign;

import org.jspecify.annotations.NullMarked;
