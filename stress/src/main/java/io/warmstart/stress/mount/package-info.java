/** Small file systems of one's own, to fill, to cut off and to throw away. */
@NullMarked
package io.warmstart.stress.mount;

import org.jspecify.annotations.NullMarked;
