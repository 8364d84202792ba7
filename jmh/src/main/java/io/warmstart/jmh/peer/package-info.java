/**
 * The stores that the benchmarks compare, one class each, behind {@link
 * io.warmstart.jmh.peer.Peer}.
 */
@NullMarked
package io.warmstart.jmh.peer;

import org.jspecify.annotations.NullMarked;
