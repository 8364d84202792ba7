/** The benchmarks of the store, next to a port of the store that it descends from. */
@NullMarked
package io.warmstart.jmh;

import org.jspecify.annotations.NullMarked;
