/** Who is told what happens in the background: the listeners of the stores, and the log. */
@NullMarked
package io.warmstart.notice;

import org.jspecify.annotations.NullMarked;
