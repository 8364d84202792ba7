/** How an entry is found: from memory, from the index, or from the files; and who says why. */
@NullMarked
package io.warmstart.lookup;

import org.jspecify.annotations.NullMarked;
