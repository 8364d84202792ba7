/** What a benchmark sees beside JMH's own score, carried from the fork into JMH's results. */
@NullMarked
package io.warmstart.jmh.observation;

import org.jspecify.annotations.NullMarked;
