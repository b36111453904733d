import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import parseExpression from 'spdx-expression-parse';
import type { BundledPackage } from './bundled-packages.ts';

const { License, FromNodePackageJson } = Contrib;
const components = new FromNodePackageJson.Builders.ComponentBuilder(
  new FromNodePackageJson.Factories.ExternalReferenceFactory(),
  new License.Factories.LicenseFactory(parseExpression),
);

/**
 * A CycloneDX 1.6 bill of what is bundled into a package. It has no time and no serial number, so that two builds of
 * one commit write the same file.
 */
export function billOfMaterials(
  own: BundledPackage['manifest'],
  packages: readonly BundledPackage[],
): string {
  const bom = new Models.Bom();
  bom.metadata.component = componentOf(own);
  for (const { manifest } of packages) bom.components.add(componentOf(manifest));
  const normalizer = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return new Serialize.JsonSerializer(normalizer).serialize(bom, { sortLists: true });
}

function componentOf(manifest: BundledPackage['manifest']) {
  const component = components.makeComponent(manifest, Enums.ComponentType.Library);
  if (component === undefined)
    throw new Error(`${manifest.name} has a package.json without a name.`);
  component.purl = `pkg:npm/${manifest.name.replace('@', '%40')}@${manifest.version}`;
  component.bomRef.value = component.purl;
  return component;
}
