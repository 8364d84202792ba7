/**
 * The original store's way to save and look up, in Java: the peer that the benchmarks compare with.
 */
@NullMarked
package io.warmstart.jmh.original;

import org.jspecify.annotations.NullMarked;
