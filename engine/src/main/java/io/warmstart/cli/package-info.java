/**
 * The command line: one class for each command, over the public API, and of the layers below it
 * only the rule for run ids and the excerpts of untrusted words. Nothing but {@link
 * io.warmstart.cli.Main} is for others to call.
 */
@NullMarked
package io.warmstart.cli;

import org.jspecify.annotations.NullMarked;
