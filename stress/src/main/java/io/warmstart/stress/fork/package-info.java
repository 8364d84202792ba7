/** This program as another process, and the tools of the host. */
@NullMarked
package io.warmstart.stress.fork;

import org.jspecify.annotations.NullMarked;
