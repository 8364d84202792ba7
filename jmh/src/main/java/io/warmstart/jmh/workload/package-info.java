/** What the benchmarks feed to the stores: keys, payloads, the order of lookups, directories. */
@NullMarked
package io.warmstart.jmh.workload;

import org.jspecify.annotations.NullMarked;
