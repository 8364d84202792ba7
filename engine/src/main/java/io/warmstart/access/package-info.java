/** When an entry was last used, and whether it has expired. */
@NullMarked
package io.warmstart.access;

import org.jspecify.annotations.NullMarked;
