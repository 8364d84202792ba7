/** What every scenario runs in: options, seed, counts, minimum work, verdict. */
@NullMarked
package io.warmstart.stress.frame;

import org.jspecify.annotations.NullMarked;
