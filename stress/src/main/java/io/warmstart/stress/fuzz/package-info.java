/** Damaged bytes, names and files, handed to the code that reads them. */
@NullMarked
package io.warmstart.stress.fuzz;

import org.jspecify.annotations.NullMarked;
