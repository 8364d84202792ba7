/** The benchmarks, one class for each question. */
@NullMarked
package io.warmstart.jmh.benchmark;

import org.jspecify.annotations.NullMarked;
