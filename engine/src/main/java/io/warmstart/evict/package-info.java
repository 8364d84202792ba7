/** What goes, in which order, because it has expired or the root is over its budget. */
@NullMarked
package io.warmstart.evict;

import org.jspecify.annotations.NullMarked;
