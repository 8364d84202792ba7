/** What a flight recording of the JVM shows of a store: nothing is loaded where none is made. */
@NullMarked
package io.warmstart.flight;

import org.jspecify.annotations.NullMarked;
