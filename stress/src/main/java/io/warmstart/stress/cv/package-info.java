/**
 * The main job: cross-validation in several worker processes on one store root, which a second run,
 * or a run after a crash, simply resumes.
 */
@NullMarked
package io.warmstart.stress.cv;

import org.jspecify.annotations.NullMarked;
