/** How accuracy goes with the penalty, drawn: as SVG and as plain text. It knows only the curve. */
@NullMarked
package io.warmstart.stress.cv.plot;

import org.jspecify.annotations.NullMarked;
