/** Claims of keys: who computes what, so that the others need not. */
@NullMarked
package io.warmstart.claim;

import org.jspecify.annotations.NullMarked;
