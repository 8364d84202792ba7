/**
 * The budget and the TTL: what the root's policy says, what a store has named for itself, and by
 * which limits a look or a sweep goes.
 */
@NullMarked
package io.warmstart.policy;

import org.jspecify.annotations.NullMarked;
