/** The page and the document that tell what was run and what came of it. */
@NullMarked
package io.warmstart.stress.report;

import org.jspecify.annotations.NullMarked;
