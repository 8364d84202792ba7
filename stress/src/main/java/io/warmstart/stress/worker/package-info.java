/** The processes that put a root under load, and the crew that starts, stops and kills them. */
@NullMarked
package io.warmstart.stress.worker;

import org.jspecify.annotations.NullMarked;
