/** The benchmarks of the store, beside the stores that one might pick instead. */
@NullMarked
package io.warmstart.jmh;

import org.jspecify.annotations.NullMarked;
