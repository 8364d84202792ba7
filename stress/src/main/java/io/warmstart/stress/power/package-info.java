/** Power cuts under a real JVM, on file systems of one's own. */
@NullMarked
package io.warmstart.stress.power;

import org.jspecify.annotations.NullMarked;
