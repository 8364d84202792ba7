/** The command line of the scenarios. */
@NullMarked
package io.warmstart.stress.cli;

import org.jspecify.annotations.NullMarked;
