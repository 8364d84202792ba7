/** How benchmarks are run: the flags of their forks, their order, what is noted beside. */
@NullMarked
package io.warmstart.jmh.run;

import org.jspecify.annotations.NullMarked;
