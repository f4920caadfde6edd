import type Feature from 'ol/Feature'
import VectorTile from 'ol/VectorTile'
import MVT from 'ol/format/MVT'
import VectorTileSource from 'ol/source/VectorTile'
import RenderFeature from 'ol/render/Feature'
import { createXYZ } from 'ol/tilegrid'
import { PMTiles } from 'pmtiles'

const TILE_ERROR = 3 // ol/TileState.ERROR

/** Vector tiles out of one PMTiles archive that the office serves with HTTP ranges: no tile server, no network. */
export async function openTiles(url: string): Promise<VectorTileSource> {
  const archive = new PMTiles(new URL(url, location.href).href)
  const { maxZoom, minZoom } = await archive.getHeader()
  const format = new MVT({ featureClass: RenderFeature })
  return new VectorTileSource({
    format,
    tileGrid: createXYZ({ maxZoom, minZoom, tileSize: 512 }),
    tileUrlFunction: ([z, x, y]) => `${z}/${x}/${y}`,
    tileLoadFunction: (tile, address) => {
      if (tile instanceof VectorTile) load(tile as VectorTile<RenderFeature>, address, archive, format)
    },
  })
}

function load(tile: VectorTile<RenderFeature>, address: string, archive: PMTiles, format: MVT<RenderFeature | Feature>) {
  const [z, x, y] = address.split('/').map(Number)
  tile.setLoader((extent, _resolution, projection) => {
    archive
      .getZxy(z, x, y)
      .then((found) => {
        const features = found ? format.readFeatures(found.data, { extent, featureProjection: projection }) : []
        tile.setFeatures(features as RenderFeature[])
      })
      .catch(() => tile.setState(TILE_ERROR))
  })
}
