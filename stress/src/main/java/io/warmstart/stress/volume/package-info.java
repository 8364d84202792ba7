/** The proof of reliability: a plan of scenarios, run in turn, and the files that tell of it. */
@NullMarked
package io.warmstart.stress.volume;

import org.jspecify.annotations.NullMarked;
