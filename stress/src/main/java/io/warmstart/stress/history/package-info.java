/** What each process did and when, in a file that outlives the process. */
@NullMarked
package io.warmstart.stress.history;

import org.jspecify.annotations.NullMarked;
