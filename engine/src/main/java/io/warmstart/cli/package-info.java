/**
 * The command line: one class for each command, over the public API alone. Nothing but {@link
 * io.warmstart.cli.Main} is for others to call.
 */
@NullMarked
package io.warmstart.cli;

import org.jspecify.annotations.NullMarked;
