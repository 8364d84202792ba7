/** Payloads: where a saved one comes from, and the off-heap memory that a read one lies in. */
@NullMarked
package io.warmstart.payload;

import org.jspecify.annotations.NullMarked;
