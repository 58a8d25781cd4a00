/**
 * What stands in messages of things that are too long or too secret to be quoted whole. Internal.
 */
package io.pemn.loader.message;
