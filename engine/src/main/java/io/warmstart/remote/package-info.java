/**
 * Beyond one machine: objects that every machine may read, and what goes there and comes from
 * there. Nothing in a remote is ever overwritten. Uses the packages above it; the engine and the
 * stores use it.
 */
@NullMarked
package io.warmstart.remote;

import org.jspecify.annotations.NullMarked;
