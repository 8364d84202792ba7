/**
 * How text is written that others read: excerpts of what is untrusted, digits. Uses nothing of
 * ours.
 */
@NullMarked
package io.warmstart.text;

import org.jspecify.annotations.NullMarked;
