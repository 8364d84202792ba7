/**
 * The original store's way to save, look up and sweep, in Java: the peer that scenarios set beside
 * this engine on one root, and that benchmarks compare it with.
 */
@NullMarked
package io.warmstart.stress.original;

import org.jspecify.annotations.NullMarked;
