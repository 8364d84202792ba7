/** The off-heap memory that a payload lies in once it was read, and the leases on it. */
@NullMarked
package io.warmstart.payload;

import org.jspecify.annotations.NullMarked;
