/** Other processes that save while a benchmark runs. */
@NullMarked
package io.warmstart.jmh.child;

import org.jspecify.annotations.NullMarked;
